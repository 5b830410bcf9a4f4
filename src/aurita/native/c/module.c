/* What Python imports so that it knows where the library lies, and which kernels this processor can run. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "simd.h"

/* Raised with `aurita.native.library.VERSION` whenever what Python and C exchange changes. */
EXPORT int aurita_version(void) { return 8; }

/* 4: AVX-512, 3: AVX2 and FMA, 0: neither. */
EXPORT int aurita_level(void) {
#if defined(__x86_64__) || defined(_M_X64)
    __builtin_cpu_init();
    int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    int middle = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return wide && middle ? 4 : middle ? 3 : 0;
#else
    return 0;
#endif
}

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_kernels", "Compiled kernels, called through ctypes.",
                                        -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModule_Create(&definition); }
