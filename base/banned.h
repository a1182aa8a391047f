/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that must not be used do not compile. Included before everything else by the build. */
#ifndef ASSAY_BANNED_H
#define ASSAY_BANNED_H

/* System headers first, so that their own declarations and inline functions stand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ASSAY_BANNED(f) sorry_##f##_is_banned
#undef strcpy
#define strcpy ASSAY_BANNED(strcpy)
#undef strcat
#define strcat ASSAY_BANNED(strcat)
#undef strncpy
#define strncpy ASSAY_BANNED(strncpy)
#undef strncat
#define strncat ASSAY_BANNED(strncat)
#undef sprintf
#define sprintf ASSAY_BANNED(sprintf)
#undef vsprintf
#define vsprintf ASSAY_BANNED(vsprintf)
#undef strtok
#define strtok ASSAY_BANNED(strtok)
#undef gets
#define gets ASSAY_BANNED(gets)
#undef gmtime
#define gmtime ASSAY_BANNED(gmtime)
#undef localtime
#define localtime ASSAY_BANNED(localtime)
#undef ctime
#define ctime ASSAY_BANNED(ctime)
#undef asctime
#define asctime ASSAY_BANNED(asctime)
#undef atoi
#define atoi ASSAY_BANNED(atoi)
#undef atol
#define atol ASSAY_BANNED(atol)
#undef alloca
#define alloca ASSAY_BANNED(alloca)
#undef system
#define system ASSAY_BANNED(system)
#undef mktemp
#define mktemp ASSAY_BANNED(mktemp)
#undef rand
#define rand ASSAY_BANNED(rand)

#endif
