#pragma once

#include <string>

#include "features/feature_store.h"

namespace vidqa::features {

/// What decides the numbers in a feature file: names of options -> values. Files of different
/// recipes are never mixed.

/// `made_with` are the attributes of the file `made_where`. Throws c10::Error naming the first
/// option of `recipe` that differs; `remedy` ends the message.
void check_recipe(const Attributes& made_with, const std::string& made_where,
                  const Attributes& recipe, const std::string& remedy);

/// A JSON object, and back. Throws c10::Error that begins with `where`.
std::string to_json(const Attributes& attributes);
Attributes attributes_from_json(const std::string& text, const std::string& where);

}  // namespace vidqa::features
