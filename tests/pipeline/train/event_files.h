#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace vidqa::train {

/// What an event of a TensorBoard file says.
struct ReadEvent {
  double wall_time = 0;
  int64_t step = 0;
  std::string file_version;
  bool starts_session = false;
  std::map<std::string, float> scalars;                       ///< by tag
  std::map<std::string, std::vector<std::string>> texts;      ///< strings of the tensor, by tag
  std::map<std::string, std::string> plugins;                 ///< plugin_name, by tag
  std::map<std::string, std::vector<int64_t>> tensor_shapes;  ///< by tag
};

/// A reader of its own, which shares nothing with the writer: frames, CRC-32C bit by bit, and the
/// wire format of protocol buffers. A record that is not sound, or a field that is not expected,
/// fails the test. `cut_off_at_the_end`: the last record may be a part.
std::vector<ReadEvent> read_event_file(const std::filesystem::path& path,
                                       bool cut_off_at_the_end = false);

/// The events of all files of a folder, by name.
std::vector<ReadEvent> read_event_files(const std::filesystem::path& folder);

/// CRC-32C (Castagnoli, reflected), a bit at a time.
uint32_t slow_crc32c(const std::string& bytes);

std::string from_hex(const std::string& hex);

}  // namespace vidqa::train
