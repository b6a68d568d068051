"""The keys of the first Dataduct's settings, and the setting here that each stands for."""

from collections.abc import Mapping

ORIGINAL_KEYS: Mapping[str, Mapping[str, str]] = {
    "etl": {
        "S3_ETL_BUCKET": "aws.s3_etl_bucket",
        "S3_BASE_PATH": "aws.s3_base_path",
        "REGION": "aws.region",
        "MAX_RETRIES": "engine.max_retries",
        "RETRY_DELAY": "engine.retry_delay",
        "DAILY_LOAD_TIME": "pipelines.load_time",
        "NAME_PREFIX": "pipelines.name_prefix",
        "FREQUENCY_OVERRIDE": "pipelines.frequency",
        "DEPENDENCY_OVERRIDE": "pipelines.dependency_override",
        "QA_LOG_PATH": "checks.log_path",
        "RESOURCE_BASE_PATH": "resources",
        "CUSTOM_STEPS_PATH": "steps",
        "HOOKS_BASE_PATH": "hooks.path",
        "ROLE": "aws_data_pipeline.role",
        "RESOURCE_ROLE": "aws_data_pipeline.resource_role",
        "KEY_PAIR": "aws_data_pipeline.key_pair",
        "DEFAULT_TOPIC_ARN": "aws_data_pipeline.default_topic_arn",
        "SNS_TOPIC_ARN_FAILURE": "aws_data_pipeline.sns_topic_arn_failure",
        "SNS_TOPIC_ARN_WARNING": "aws_data_pipeline.sns_topic_arn_warning",
        "TAGS": "aws_data_pipeline.tags",
        "MAX_ACTIVE_INSTANCES": "aws_data_pipeline.max_active_instances",
        "CONNECTION_RETRIES": "aws_data_pipeline.connection_retries",
        "DP_INSTANCE_LOG_PATH": "aws_data_pipeline.dp_instance_log_path",
        "DP_PIPELINE_LOG_PATH": "aws_data_pipeline.dp_pipeline_log_path",
        "DP_QA_TESTS_LOG_PATH": "aws_data_pipeline.dp_qa_tests_log_path",
    },
    "ec2": {
        key: f"aws_data_pipeline.ec2.{key.lower()}"
        for key in (
            "WORKER_GROUP",
            "INSTANCE_TYPE",
            "ETL_AMI",
            "SECURITY_GROUP",
            "SECURITY_GROUP_ID",
            "SUBNET_ID",
        )
    },
    "emr": {
        key: f"aws_data_pipeline.emr.{key.lower()}"
        for key in (
            "WORKER_GROUP",
            "NUM_CORE_INSTANCES",
            "CORE_INSTANCE_TYPE",
            "MASTER_INSTANCE_TYPE",
            "TASK_INSTANCE_TYPE",
            "TASK_INSTANCE_BID_PRICE",
            "CLUSTER_TIMEOUT",
            "HADOOP_VERSION",
            "HIVE_VERSION",
            "PIG_VERSION",
            "CLUSTER_AMI",
            "DEFAULT_BOOTSTRAP",
        )
    },
    "logging": {
        "LOG_DIR": "logs.path",
        "LOG_FILE": "logs.file",
        "CONSOLE_DEBUG_LEVEL": "logs.console_debug_level",
        "FILE_DEBUG_LEVEL": "logs.file_debug_level",
    },
}
"""Section → key → the setting, its keys joined by dots."""

ORIGINAL_SYSTEM_KEYS: Mapping[str, Mapping[str, str]] = {
    "redshift": {
        "HOST": "warehouse.host",
        "PORT": "warehouse.port",
        "DATABASE_NAME": "warehouse.database",
        "USERNAME": "warehouse.user",
        "PASSWORD": "warehouse.password",
        "CONNECTION_STRING": "warehouse.url",
        "CLUSTER_ID": "aws_data_pipeline.redshift_cluster_id",
    },
    "mysql": {
        "HOST": "connections.ALIAS.host",
        "USERNAME": "connections.ALIAS.user",
        "PASSWORD": "connections.ALIAS.password",
    },
    "postgres": {
        "HOST": "connections.ALIAS.host",
        "DATABASE_NAME": "connections.ALIAS.database",
        "USERNAME": "connections.ALIAS.user",
        "PASSWORD": "connections.ALIAS.password",
        "RDS_INSTANCE_ID": "connections.ALIAS.host",
        "REGION": "connections.ALIAS.host",
    },
}
"""The same for the sections that describe systems; `HOST` of `postgres` is ours."""

ORIGINAL_SECTIONS = (*ORIGINAL_KEYS, *ORIGINAL_SYSTEM_KEYS)
"""The sections whose content has another form here. The others have the same name and form."""
