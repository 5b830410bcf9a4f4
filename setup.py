"""Builds the native kernels where a C compiler is there; without one aurita runs on JAX and `aurita info` says so."""

import sys
from pathlib import Path

from setuptools import Extension, setup

_FOLDER = "src/aurita/native/c/"
# Never -ffast-math: it turns off denormals in the whole process and deletes checks for NaN.
_FLAGS = (
    [] if sys.platform == "win32" else ["-O3", "-std=gnu11", "-fno-math-errno", "-fvisibility=hidden", "-Wno-psabi"]
)

setup(
    ext_modules=[
        Extension(
            "aurita.native._kernels",
            sources=[_FOLDER + name for name in ("module.c", "target_v4.c", "target_v3.c", "target_base.c")],
            depends=sorted(map(str, Path(_FOLDER).glob("*.h"))),
            extra_compile_args=_FLAGS,
            libraries=[] if sys.platform == "win32" else ["m"],
            optional=True,
        )
    ]
)
