#include "pipeline/data/qa_dataset.h"
