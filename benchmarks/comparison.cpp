#include "benchmarks/comparison.h"
