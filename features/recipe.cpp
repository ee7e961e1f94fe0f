#include "features/recipe.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vidqa::features {
namespace {

std::string value_text(const Attributes::mapped_type& value) {
  return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

}  // namespace

void check_recipe(const Attributes& made_with, const std::string& made_where,
                  const Attributes& recipe, const std::string& remedy) {
  for (const auto& [option, value] : recipe) {
    const auto other = made_with.find(option);
    TORCH_CHECK(other != made_with.end(), "'", made_where,
                "' was not made by vidqa extract with these options (no attribute '", option,
                "'); ", remedy);
    TORCH_CHECK(other->second == value, "'", made_where, "' was made with ", option, " = ",
                value_text(other->second), ", this run has ", value_text(value), "; ", remedy);
  }
}

std::string to_json(const Attributes& attributes) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : attributes)
    std::visit([&object, key = name](const auto& v) { object[key] = v; }, value);
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Attributes attributes_from_json(const std::string& text, const std::string& where) {
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  TORCH_CHECK(object.is_object(), where, " is not a JSON object");
  Attributes attributes;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string())
      attributes[name] = value.get<std::string>();
    else if (value.is_number_integer())
      attributes[name] = value.get<int64_t>();
    else if (value.is_number_float())
      attributes[name] = value.get<double>();
    else
      TORCH_CHECK(false, where, ": '", name, "' is neither text nor a number");
  }
  return attributes;
}

}  // namespace vidqa::features
