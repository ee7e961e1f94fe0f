#pragma once

#include <string>

namespace vidqa::testing {

/// Writes a WordNet of a few nouns and verbs to `folder`:
///
///   entity > animal > {dog (also hound, domestic), cat}; entity > thing; domestic > dog as well:
///   entity > thing > domestic > dog, so that the longest way up from dog has three edges
///   verbs: move > {run, walk}; and eat, without anything above it
///   irregular: "geese" is "goose" (not a noun here), "ran" is "run"
void write_wordnet(const std::string& folder);

}  // namespace vidqa::testing
