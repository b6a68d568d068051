"""What the settings hold for AWS Data Pipeline. Nothing of it has an effect on runs here."""

from pydantic import Field

from dataduct.config.section import Section


class Tag(Section):
    """A tag of the pipelines in AWS."""

    string: str | None = Field(None, description="Its value.")
    variable: str | None = Field(
        None, description="Property of the pipeline that gives its value.", examples=["name"]
    )


class Ec2Settings(Section):
    """The EC2 instances that AWS Data Pipeline starts, for pipelines that do not say otherwise."""

    worker_group: str | None = Field(None, description="Worker group that runs steps in place of instances.")
    instance_type: str | None = Field(None, description="Instance type.", examples=["m1.large"])
    etl_ami: str | None = Field(None, description="Image the instances start from.")
    security_group: str | None = Field(None, description="Name of their security group.")
    security_group_id: str | None = Field(None, description="Id of their security group.")
    subnet_id: str | None = Field(None, description="Id of the subnet they start in.")


class EmrSettings(Section):
    """The EMR clusters that AWS Data Pipeline starts, for pipelines that do not say otherwise."""

    worker_group: str | None = Field(None, description="Worker group that runs steps in place of clusters.")
    num_core_instances: int | None = Field(None, ge=0, description="Number of core instances.")
    core_instance_type: str | None = Field(None, description="Instance type of the core instances.")
    master_instance_type: str | None = Field(None, description="Instance type of the master.")
    task_instance_type: str | None = Field(None, description="Instance type of the task instances.")
    task_instance_bid_price: str | None = Field(
        None, description="Bid for task instances on the spot market, in dollars."
    )
    cluster_timeout: str | None = Field(
        None, description="Longest time a cluster lives.", examples=["6 Hours"]
    )
    hadoop_version: str | None = Field(None, description="Version of Hadoop.")
    hive_version: str | None = Field(None, description="Version of Hive to install.")
    pig_version: str | None = Field(None, description="Version of Pig to install.")
    cluster_ami: str | None = Field(None, description="Version of the EMR image.", examples=["3.1.0"])
    default_bootstrap: list[str] | None = Field(None, description="Bootstrap actions of every cluster.")


class AwsDataPipelineSettings(Section):
    """What AWS Data Pipeline is told. It has no effect on runs here."""

    role: str | None = Field(None, description="Role of the pipelines.")
    resource_role: str | None = Field(None, description="Role of the instances and clusters.")
    key_pair: str | None = Field(None, description="SSH key pair of the instances and clusters.")
    default_topic_arn: str | None = Field(None, description="SNS topic of pipelines that name none.")
    sns_topic_arn_failure: str | None = Field(None, description="SNS topic that is told of failed pipelines.")
    sns_topic_arn_warning: str | None = Field(None, description="SNS topic that is told of failed checks.")
    tags: dict[str, Tag] | None = Field(
        None, description="Tags of the pipelines by name, each a `string` or a `variable`."
    )
    max_active_instances: int | None = Field(
        None, ge=1, description="Runs of a pipeline that may be active at once."
    )
    connection_retries: int | None = Field(
        None,
        ge=0,
        description="Attempts to connect to a database again. Here each connection has its `connect_retries`.",
    )
    dp_instance_log_path: str | None = Field(
        None, description="Path in the bucket for lists of a pipeline's instances."
    )
    dp_pipeline_log_path: str | None = Field(None, description="Path in the bucket for lists of pipelines.")
    dp_qa_tests_log_path: str | None = Field(
        None, description="Path in the bucket for the results of checks as a table."
    )
    redshift_cluster_id: str | None = Field(None, description="Cluster that loads go to.")
    ec2: Ec2Settings = Field(default_factory=Ec2Settings, description="The EC2 instances it starts.")
    emr: EmrSettings = Field(default_factory=EmrSettings, description="The EMR clusters it starts.")
