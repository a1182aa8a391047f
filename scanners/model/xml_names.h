/* SPDX-License-Identifier: Apache-2.0 */
/* Exact names that model formats written in XML may use. What is not here is refused. */
#ifndef ASSAY_MODEL_XML_NAMES_H
#define ASSAY_MODEL_XML_NAMES_H

#include "assay/cursor.h"

/* Elements of PMML 3.0 to 4.4 (dmg.org, pmml-4-4.xsd). */
bool ay_pmml_element_known(struct ay_cursor name);
/* Functions that PMML 4.4 defines (Built-in Functions). */
bool ay_pmml_function_known(struct ay_cursor name);
/* Types of the operator sets 1 to 16 of OpenVINO, as its IR files spell them. */
bool ay_openvino_type_known(struct ay_cursor name);
/* Elements of the IR, outside of the free-form information on how it was made. */
bool ay_openvino_element_known(struct ay_cursor name);

#endif
