#include "benchmarks/grid.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include <c10/util/Exception.h>

#include "fusion/fusion.h"

namespace vidqa::benchmarks {
namespace {

constexpr const char* kArmColumn = "arm";
constexpr const char* kFusionOption = "fusion";

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::istringstream stream(text);
  for (std::string piece; std::getline(stream, piece, separator);) pieces.push_back(piece);
  return pieces;
}

/// What tells a cell apart: fusions go by their specs, other values with the name of their option.
std::string label(const std::string& option, const std::string& value) {
  return option == kFusionOption ? value : option + "=" + value;
}

void check_grid(const Grid& grid) {
  std::set<std::string> options;
  for (const GridAxis& axis : grid.axes) {
    check_axis(axis);
    TORCH_CHECK(options.insert(axis.option).second, "grid: option '", axis.option,
                "' has two axes: give all its values in one");
  }
  std::set<std::string> names;
  for (const NamedSettings& arm : grid.arms) {
    TORCH_CHECK(!arm.name.empty() && names.insert(arm.name).second, "grid: arm '", arm.name,
                "' is there twice");
    for (const auto& [option, value] : arm.settings)
      TORCH_CHECK(options.count(option) == 0, "grid: option '", option, "' is set by arm '",
                  arm.name, "' and by an axis");
  }
}

}  // namespace

GridAxis parse_grid_axis(const std::string& text) {
  const size_t equals = text.find('=');
  TORCH_CHECK(equals != std::string::npos && equals > 0, "grid: '", text,
              "': must be OPTION=VALUE,VALUE,... with an option of `vidqa train`, such as "
              "learning-rate=1e-4,3e-4");
  GridAxis axis;
  axis.option = text.substr(0, equals);
  axis.option.erase(0, axis.option.find_first_not_of('-'));
  const std::string values = text.substr(equals + 1);
  if (values.find(';') != std::string::npos) {
    axis.values = split_at(values, ';');
  } else if (axis.option == kFusionOption) {
    axis.values = fusion::split_specs(values);
  } else {
    axis.values = split_at(values, ',');
  }
  check_axis(axis);
  return axis;
}

void check_axis(const GridAxis& axis) {
  TORCH_CHECK(!axis.values.empty(), "grid: ", axis.option, ": needs at least one value");
  std::set<std::string> seen;
  for (const std::string& value : axis.values) {
    TORCH_CHECK(!value.empty(), "grid: ", axis.option, ": a value is empty");
    TORCH_CHECK(seen.insert(value).second, "grid: ", axis.option, ": '", value, "' is there twice");
  }
}

std::vector<std::string> Grid::varied() const {
  std::vector<std::string> names;
  if (!arms.empty()) names.emplace_back(kArmColumn);
  for (const GridAxis& axis : axes) names.push_back(axis.option);
  return names;
}

std::vector<GridCell> Grid::cells() const {
  check_grid(*this);
  std::vector<GridCell> cells;
  for (const NamedSettings& arm : arms) cells.push_back({arm.name, {arm.name}, arm.settings});
  if (cells.empty()) cells.emplace_back();
  for (const GridAxis& axis : axes) {
    std::vector<GridCell> finer;
    for (const GridCell& cell : cells) {
      for (const std::string& value : axis.values) {
        finer.push_back(cell);
        GridCell& added = finer.back();
        added.name += (added.name.empty() ? "" : " ") + label(axis.option, value);
        added.varied.push_back(value);
        added.settings.emplace_back(axis.option, value);
      }
    }
    cells = std::move(finer);
  }
  return cells;
}

std::string folder_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '=' && c != '-'; },
      '_');
  return name;
}

}  // namespace vidqa::benchmarks
