/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of packages that an installer takes with a model: pip's requirements file (pip 24, "Requirements File Format" and
 * "Requirement Specifiers", PEP 508) and the lists in a conda environment. A package of the index that the reader has
 * chosen is a name and versions; all else (an index, a URL, a repository, a path, another list) takes code from a place
 * that whoever wrote the list has chosen, and installing it runs that code.
 */
#ifndef AY_MODEL_REQUIREMENTS_H
#define AY_MODEL_REQUIREMENTS_H

#include "assay/cursor.h"

/* Of one logical line of a requirements file: NULL when it is empty, a comment or a package by name, else what is wrong. */
const char *ay_requirement_judge(struct ay_cursor line);
/* Whether a comment stands in the line. */
bool ay_requirement_commented(struct ay_cursor line);
/* Whether path is that of a list that conda or MLflow reads as YAML (conda.yaml, environment.yml, python_env.yaml). */
bool ay_requirement_is_environment(const char *path);
/* Of one line of such a list as it stands: escapes are refused. */
const char *ay_requirement_judge_environment(struct ay_cursor line);

#endif
