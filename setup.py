"""Builds the native kernels where a C compiler is there; without one aurita runs on JAX and `aurita info` says so."""

import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

_FOLDER = "src/aurita/native/c/"
# Never -ffast-math: it turns off denormals in the whole process and deletes checks for NaN.
_FLAGS = ["-g0", "-O3", "-std=gnu11", "-fno-math-errno", "-fvisibility=hidden", "-Wno-psabi"]
if sys.platform == "win32":
    _FLAGS = ["/O2", "/clang:-O3", "/clang:-std=gnu11", "/clang:-fno-math-errno"]


class BuildKernels(build_ext):
    """On Windows by clang-cl, as Microsoft's own compiler has no vector types."""

    def build_extension(self, ext):
        if sys.platform == "win32":
            found = shutil.which("clang-cl")
            if found is None:
                raise CompileError("clang-cl is not on the path; install LLVM")
            self.compiler.initialize()
            self.compiler.cc = found
        super().build_extension(ext)


setup(
    cmdclass={"build_ext": BuildKernels},
    ext_modules=[
        Extension(
            "aurita.native._kernels",
            sources=[_FOLDER + name for name in ("module.c", "target_v4.c", "target_v3.c", "target_base.c")],
            depends=sorted(map(str, Path(_FOLDER).glob("*.h"))),
            extra_compile_args=_FLAGS,
            libraries=[] if sys.platform == "win32" else ["m"],
            optional=True,
        )
    ],
)
