/* SPDX-License-Identifier: Apache-2.0 */
/* Exact lists of what an XGBoost model may name. */
#ifndef ASSAY_SCANNERS_XGBOOST_NAMES_H
#define ASSAY_SCANNERS_XGBOOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

bool ay_xgb_objective_known(const char *name);
/* Which parameter blocks of an objective there are, and which settings within. */
bool ay_xgb_objective_block_known(const char *key, size_t len);
bool ay_xgb_objective_setting_known(const char *key, size_t len);
/* "float", "c" ... of a feature. */
bool ay_xgb_feature_type_known(const char *name);
bool ay_xgb_metric_known(const char *name);

#endif
