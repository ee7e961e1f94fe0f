#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vidqa::benchmarks {

/// Options of `vidqa train` by their long names, with their values as text.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// One axis of a grid: an option and the values that it takes in turn.
struct GridAxis {
  std::string option;
  std::vector<std::string> values;
};

/// "learning-rate=1e-4,3e-4". Values stand between semicolons where there is one
/// ("streams=sub,vcpt,imagenet;vcpt,imagenet"), else between commas; in fusion specs a piece
/// KEY=VALUE belongs to the spec before it ("fusion=mcb,mfb:mm_dim=160,factor=2"). Throws
/// c10::Error quoting the text when it has another form, and what check_axis throws.
GridAxis parse_grid_axis(const std::string& text);

/// Throws c10::Error naming the option when there is no value, an empty one, or one twice.
void check_axis(const GridAxis& axis);

/// Some settings under one name, such as TVQA's "VI".
struct NamedSettings {
  std::string name;
  Settings settings;
};

/// One cell of a grid.
struct GridCell {
  std::string name;                 ///< of what differs: "VI mcb", "mcb learning-rate=1e-4"
  std::vector<std::string> varied;  ///< a value for each of Grid::varied()
  Settings settings;
};

/// What is compared: every one of `arms` (none: a single one without settings and without a name)
/// with every combination of the values of `axes`.
struct Grid {
  std::vector<NamedSettings> arms;
  std::vector<GridAxis> axes;

  /// What differs between cells: "arm" where there are arms, then the options of the axes.
  std::vector<std::string> varied() const;
  /// The last axis changes fastest. Throws c10::Error when an option is set twice, or two arms have
  /// one name.
  std::vector<GridCell> cells() const;
};

/// A name as a folder: "mfb:factor=2,dropout=0" -> "mfb_factor=2_dropout=0".
std::string folder_name(std::string name);

}  // namespace vidqa::benchmarks
