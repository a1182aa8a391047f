/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of Arrow, as other formats carry it too. */
#ifndef ASSAY_SCANNERS_ARROW_H
#define ASSAY_SCANNERS_ARROW_H

#include "assay/scan.h"

/* These bytes name the type that is a pickle. */
bool ay_arrow_names_pickle(struct ay_cursor c);
/*
 * A schema in base64, as Parquet's key ARROW:schema holds it. AY_EFORMAT, reported: a type that is unpickled when the
 * schema is read (arrow.extension), or no base64 (arrow.malformed). AY_ELIMIT without memory.
 */
AY_MUSTCHECK int ay_arrow_check_base64(struct ay_scan *s, struct ay_cursor text);

#endif
