/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration from which Keras builds a model: JSON in which every
 * dictionary with a class_name is an object to make. Only what Keras itself
 * has may be named.
 */
#ifndef ASSAY_MODEL_KERAS_CONFIG_H
#define ASSAY_MODEL_KERAS_CONFIG_H

#include "assay/scan.h"

enum ay_keras_mode {
	AY_KERAS_V3,          /* config.json of a .keras archive: classes come with their module */
	AY_KERAS_LEGACY,      /* model_config in HDF5: classes may come by their name alone */
	AY_KERAS_SAVED,       /* metadata of one object in a SavedModel: a legacy configuration with the types of its inputs and outputs */
	AY_KERAS_TRAINING     /* training_config in HDF5: optimizer, loss and metrics, no model */
};

/* Judges the whole text and reports. 0, or negative when the scan must stop. */
AY_MUSTCHECK int ay_keras_judge(struct ay_scan *s, struct ay_source *in, enum ay_keras_mode mode);

#endif
