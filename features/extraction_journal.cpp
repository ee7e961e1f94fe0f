#include "features/extraction_journal.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <c10/util/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kPrefix[] = "journal-";
constexpr char kExtension[] = ".jsonl";

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof(name) - 1);
  return name;
}

json stamped() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {{"time_ns", std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()}};
}

std::string one_line(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

struct Reading {
  ExtractionJournal::Account account;
  std::map<std::string, int64_t> time_of_clip;

  void take(const json& line) {
    if (line.contains("shard")) {
      bool& is_finished = account.shards[line.at("shard").get<std::string>()];
      is_finished = is_finished || line.at("finished").get<bool>();
      return;
    }
    JournalEntry entry;
    entry.clip = line.at("clip").get<std::string>();
    entry.path = line.at("path").get<std::string>();
    entry.status = line.at("status").get<std::string>();
    entry.reason = line.value("reason", "");
    entry.rows = line.value("rows", int64_t{0});
    entry.source_bytes = line.value("source_bytes", int64_t{0});
    entry.source_modified_ns = line.value("source_modified_ns", int64_t{0});
    const auto time = line.at("time_ns").get<int64_t>();
    const auto [known, is_new] = time_of_clip.emplace(entry.clip, time);
    if (!is_new && known->second > time) return;
    known->second = time;
    account.clips[entry.clip] = entry;
  }

  void take_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    int64_t number = 0;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      if (end == std::string::npos) return;  // the run was killed while it wrote this line
      ++number;
      try {
        take(json::parse(text.substr(begin, end - begin)));
      } catch (const json::exception& error) {
        TORCH_CHECK(false, "'", path.string(), "': line ", number, " is no journal entry (",
                    error.what(), "); remove the file: clips that are done stay done");
      }
      begin = end + 1;
    }
  }
};

}  // namespace

ExtractionJournal::ExtractionJournal(std::string folder) : folder_(std::move(folder)) {}

ExtractionJournal::~ExtractionJournal() {
  if (fd_ >= 0) ::close(fd_);
}

void ExtractionJournal::append_line(const std::string& line) {
  for (int number = 0; fd_ < 0; ++number) {
    path_ = (fs::path(folder_) /
             fmt::format("{}{}-{}-{}{}", kPrefix, host_name(), ::getpid(), number, kExtension))
                .string();
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST)
      throw std::runtime_error(fmt::format("cannot write '{}': {}", path_, std::strerror(errno)));
  }
  for (size_t done = 0; done < line.size();) {
    const ssize_t written = ::write(fd_, line.data() + done, line.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw std::runtime_error(fmt::format("cannot write '{}': {}", path_, std::strerror(errno)));
    done += static_cast<size_t>(written);
  }
  if (::fdatasync(fd_) != 0 && errno != EINVAL)
    throw std::runtime_error(fmt::format("cannot flush '{}': {}", path_, std::strerror(errno)));
}

void ExtractionJournal::append(const JournalEntry& entry) {
  json line = stamped();
  line["clip"] = entry.clip;
  line["path"] = entry.path;
  line["status"] = entry.status;
  line["rows"] = entry.rows;
  line["source_bytes"] = entry.source_bytes;
  line["source_modified_ns"] = entry.source_modified_ns;
  if (!entry.reason.empty()) line["reason"] = entry.reason;
  append_line(one_line(line));
}

void ExtractionJournal::append_shard(const std::string& shard, bool is_finished) {
  json line = stamped();
  line["shard"] = shard;
  line["finished"] = is_finished;
  append_line(one_line(line));
}

std::vector<ExtractFailure> ExtractionJournal::Account::failures() const {
  std::vector<ExtractFailure> failures;
  for (const auto& [clip, entry] : clips)
    if (entry.is_failure()) failures.push_back({entry.path, entry.status, entry.reason});
  return failures;
}

ExtractionJournal::Account ExtractionJournal::read(const std::string& folder) {
  Reading reading;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kPrefix, 0) == 0 && entry.path().extension() == kExtension)
      reading.take_file(entry.path());
  }
  return reading.account;
}

}  // namespace vidqa::features
