/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules over the events of one JSON document: what makes a model library
 * import or download code named by a configuration. Fed by scanners/formats/json.c.
 */
#ifndef ASSAY_SCANNERS_CONFIG_JSON_H
#define ASSAY_SCANNERS_CONFIG_JSON_H

#include "assay/json.h"
#include "assay/scan.h"
#include "scanners/model/keras_config.h"

struct ay_config_rules;

/* base is the file's name without folders; borrowed. AY_ELIMIT when the budget is exhausted. */
AY_MUSTCHECK int ay_config_rules_new(struct ay_scan *s, const char *base, struct ay_config_rules **out);
void ay_config_rules_free(struct ay_config_rules *r);
/* One event with its text (KEY, STRING, NUMBER) and its offset. Reports findings. */
void ay_config_rules_event(struct ay_config_rules *r, enum ay_json_event ev, const char *text, size_t len, uint64_t off);
/* After the last event: the document is a model of Keras, which ay_keras_judge judges; *mode_out says as what. */
bool ay_config_rules_keras(const struct ay_config_rules *r, enum ay_keras_mode *mode_out);
/* The document has the keys of a model of CatBoost, whichever come first: its loader passes over others. */
bool ay_config_rules_catboost(const struct ay_config_rules *r);

#endif
