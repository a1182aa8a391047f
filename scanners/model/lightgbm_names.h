/* SPDX-License-Identifier: Apache-2.0 */
/* Exact lists of what a LightGBM model may name. */
#ifndef ASSAY_SCANNERS_LIGHTGBM_NAMES_H
#define ASSAY_SCANNERS_LIGHTGBM_NAMES_H

#include <stdbool.h>

enum ay_lgb_parameter {
	AY_LGB_UNKNOWN,
	AY_LGB_PLAIN,     /* a setting */
	AY_LGB_INPUT,     /* names files, or machines, that the library reads or talks to when training goes on */
	AY_LGB_DATA,      /* names files that only the command line reads */
	AY_LGB_OUTPUT     /* names a file that only the command line writes, by default a plain name */
};

bool ay_lgb_objective_known(const char *name);
/* "sigmoid" and the like, that follow the objective with a number. */
bool ay_lgb_objective_setting_known(const char *name);
enum ay_lgb_parameter ay_lgb_parameter_kind(const char *name);

#endif
