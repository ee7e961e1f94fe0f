#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/extraction_report.h"
#include "features/feature_store.h"

namespace vidqa::features {

/// One clip and the file that holds it.
struct StoredClip {
  std::string clip;
  std::string path;
};

/// Writes clips of many files into one, by name, each checked against its hash before, but for
/// those that `output` held already. Nothing is linked: the result stands alone. Leaves `output`
/// untouched when it holds just these. Returns whether it was written. Throws c10::Error: a damaged
/// clip, naming its file.
bool write_merged(const std::string& output, const Attributes& recipe,
                  std::vector<StoredClip> clips);

/// All parts of `output` and the clips that it holds besides, into `output`; for who has the turn
/// in its parts folder and is alone there. The folder stays.
bool merge_parts(const std::string& output, const Attributes& recipe);

/// `<output>.failures.csv`; removed when there are none.
void write_failures(const std::string& output, const std::vector<ExtractFailure>& failures);

/// The options of `vidqa merge`.
struct MergeOptions {
  std::string output;
  /// Feature files, or folders of parts (`<output>.parts`). Empty: the parts of `output`, with what
  /// it holds already; they are removed afterwards.
  std::vector<std::string> sources;
  bool allow_missing = false;  ///< also when shards have not finished
};

struct MergeResult {
  int64_t clips = 0;
  bool is_written = false;  ///< false: the output was up to date
  std::vector<ExtractFailure>
      failures;  ///< as the journals have them; also in <output>.failures.csv
};

/// Puts one feature file together. Doing it again changes nothing. Throws c10::Error and leaves the
/// output as it was: files of different recipes (naming the option and both files), one clip with
/// two contents, a damaged clip, shards that have not finished, a run at work on the parts.
MergeResult merge(const MergeOptions& options);

}  // namespace vidqa::features
