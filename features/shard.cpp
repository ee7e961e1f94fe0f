#include "features/shard.h"

#include <charconv>
#include <cstdlib>

#include <c10/util/Exception.h>
#include <fmt/format.h>

namespace vidqa::features {
namespace {

bool parse_whole(const std::string& text, int64_t& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

int64_t slurm_number(const char* name, const char* fallback) {
  const char* text = std::getenv(name);
  if (text == nullptr) text = fallback;
  TORCH_CHECK(text != nullptr, "shard slurm: ", name,
              " is not set; it is in jobs started with sbatch --array, elsewhere give I/N");
  int64_t value = 0;
  TORCH_CHECK(parse_whole(text, value), "shard slurm: ", name, " must be a whole number, got '",
              text, "'");
  return value;
}

Shard slurm_shard() {
  const int64_t first = slurm_number("SLURM_ARRAY_TASK_MIN", "0");
  return {slurm_number("SLURM_ARRAY_TASK_ID", nullptr) - first + 1,
          slurm_number("SLURM_ARRAY_TASK_COUNT", nullptr)};
}

}  // namespace

std::string Shard::to_string() const { return fmt::format("{}/{}", index, count); }

Shard parse_shard(const std::string& text) {
  Shard shard;
  if (text == "slurm") {
    shard = slurm_shard();
  } else {
    const size_t slash = text.find('/');
    TORCH_CHECK(slash != std::string::npos && parse_whole(text.substr(0, slash), shard.index) &&
                    parse_whole(text.substr(slash + 1), shard.count),
                "shard must be I/N, such as 2/8, or slurm, got '", text, "'");
  }
  TORCH_CHECK(shard.count >= 1 && shard.index >= 1 && shard.index <= shard.count,
              "shard must be one of 1/N to N/N, got ", shard.to_string(),
              text == "slurm" ? "; array numbers must follow one another" : "");
  return shard;
}

}  // namespace vidqa::features
