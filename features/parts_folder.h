#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "features/feature_merge.h"
#include "features/feature_store.h"
#include "features/lock_file.h"

namespace vidqa::features {

/// `<output>.parts`: where runs on one output keep finished clips and agree on who does what.
///
///   <clip>.h5          a feature file of one clip; appears whole
///   recipe.json        what decides the numbers in them
///   journal-*.jsonl    what became of which clip (features/extraction_journal.h)
///   .lock              whose turn it is to set up or to merge, who is at work, which clip is taken
///
/// Locks are the system's: they end with the process, kill -9 included.
class PartsFolder {
 public:
  static std::string path_for(const std::string& output) { return output + ".parts"; }

  /// Makes the folder if it is not there and joins the runs at work in it. Until end_turn(), nobody
  /// else sets up or merges; waits for whoever does. Throws std::runtime_error, c10::Error.
  explicit PartsFolder(const std::string& output);
  /// Leaves; removes the folder when nobody is there and nothing is in it.
  ~PartsFolder();
  PartsFolder(const PartsFolder&) = delete;
  PartsFolder& operator=(const PartsFolder&) = delete;

  const std::string& path() const { return path_; }
  /// The file of a clip's part.
  std::string part(const std::string& clip) const;

  void take_turn();
  void end_turn();
  /// In one's turn: whether no other run is at work.
  bool is_alone();
  /// In one's turn, alone: removes the folder with all that is in it.
  void remove();

  /// False when another run has it. A process that dies releases its claims.
  bool claim(const std::string& clip);
  void release(const std::string& clip);

 private:
  void join();

  std::string output_;
  std::string path_;
  std::unique_ptr<LockFile> lock_;
};

/// The parts in a folder, by the names of their clips.
std::vector<StoredClip> parts_in(const std::string& folder);

/// What recipe.json says; nothing when it is not there. Throws c10::Error naming the file.
std::optional<Attributes> read_recipe(const std::string& folder);
void write_recipe(const std::string& folder, const Attributes& recipe);

}  // namespace vidqa::features
