/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSAY_SCANNERS_JSON_H
#define ASSAY_SCANNERS_JSON_H

#include "assay/scan.h"

/* Looks for an XGBoost model in a text that begins like JSON, as far as it is JSON; reports json.model. */
AY_MUSTCHECK int ay_json_find_model(struct ay_scan *s, struct ay_source *in);

#endif
