#include "pipeline/train/predictions.h"
