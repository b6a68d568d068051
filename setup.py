"""The compiled row decoder. Everything else about the package is in pyproject.toml."""

import sysconfig

from setuptools import Extension, setup

NATIVE = "src/dataduct/connectors/decoding/native"
STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")
"""One build serves every Python from 3.11 on, except those without the GIL."""

setup(
    ext_modules=[
        Extension(
            "dataduct.connectors.decoding._rows",
            sources=[
                f"{NATIVE}/{name}.c"
                for name in (
                    "module",
                    "columns",
                    "values",
                    "mysql_values",
                    "mysql_rows",
                    "postgres_values",
                    "postgres_rows",
                )
            ],
            depends=[f"{NATIVE}/rows.h"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")] if STABLE_ABI else [],
            py_limited_api=STABLE_ABI,
            extra_compile_args=["-O3", "-std=c11", "-fvisibility=hidden"],
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
