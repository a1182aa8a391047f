/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_ATTR_H
#define ASSAY_ATTR_H

/* The caller must look at the result. */
#define AY_MUSTCHECK __attribute__((warn_unused_result))
#define AY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define AY_NORETURN __attribute__((noreturn))
#define AY_UNUSED __attribute__((unused))
/* Scratch of a hot path, which is written before it is read: the compiler, which clears all variables, is to leave it. */
#define AY_SCRATCH __attribute__((uninitialized))

#define AY_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
