#include "pipeline/train/event_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <unistd.h>

#include "pipeline/train/tensorboard_event.pb.h"
#include "pipeline/train/tfrecord.h"

namespace vidqa::train {
namespace {

namespace fs = std::filesystem;
using tensorboard::Event;

constexpr const char* kPrefix = "events.out.tfevents.";
constexpr const char* kFileVersion = "brain.Event:2";

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Of an event file's name; 0 where it has none.
int64_t seconds_of(const fs::path& file) {
  const std::string text = file.filename().string().substr(std::string_view(kPrefix).size());
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data()
                                                                             : "localhost";
}

Event new_event(int64_t step) {
  Event event;
  event.set_wall_time(now_seconds());
  event.set_step(step);
  return event;
}

}  // namespace

std::vector<fs::path> find_event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().rfind(kPrefix, 0) == 0) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

EventLog::EventLog(fs::path folder, bool starts_anew)
    : folder_(std::move(folder)), starts_anew_(starts_anew) {
  if (starts_anew_) return;
  for (const fs::path& file : find_event_files(folder_)) {
    for (const std::string& record : read_tfrecords(file.string())) {
      Event event;
      TORCH_CHECK(event.ParseFromString(record), file.string(),
                  ": not an event file of TensorBoard; move it out of the run folder");
      if (event.has_summary()) last_step_ = std::max(last_step_, event.step());
      if (event.session_log().status() == tensorboard::SessionLog::START)
        last_step_ = std::min(last_step_, event.step() - 1);
    }
  }
}

void EventLog::begin_file() {
  const std::vector<fs::path> earlier = find_event_files(folder_);
  auto seconds = static_cast<int64_t>(now_seconds());
  if (!earlier.empty()) seconds = std::max(seconds, seconds_of(earlier.back()) + 1);
  file_ = folder_ / fmt::format("{}{}.{}.{}", kPrefix, seconds, host_name(), ::getpid());
  Event version = new_event(0);
  version.set_file_version(kFileVersion);
  append(version.SerializeAsString());
  if (!starts_anew_ && !earlier.empty()) return;
  Event start = new_event(0);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  append(start.SerializeAsString());
}

void EventLog::append(const std::string& event) {
  std::ofstream file(file_, std::ios::binary | std::ios::app);
  file << to_tfrecord(event) << std::flush;
  TORCH_CHECK(file, file_.string(), ": cannot write the event file; is the disk full?");
}

void EventLog::write_scalars(int64_t step,
                             const std::vector<std::pair<std::string, double>>& scalars) {
  if (step <= last_step_) return;
  if (file_.empty()) begin_file();
  Event event = new_event(step);
  for (const auto& [tag, number] : scalars) {
    auto* value = event.mutable_summary()->add_value();
    value->set_tag(tag);
    value->set_simple_value(static_cast<float>(number));
  }
  append(event.SerializeAsString());
  last_step_ = step;
}

void EventLog::write_text(int64_t step, const std::string& tag, const std::string& markdown) {
  if (step <= last_step_) return;
  if (file_.empty()) begin_file();
  Event event = new_event(step);
  auto* value = event.mutable_summary()->add_value();
  value->set_tag(tag);
  value->mutable_metadata()->mutable_plugin_data()->set_plugin_name("text");
  value->mutable_tensor()->set_dtype(tensorboard::TensorProto::DT_STRING);
  value->mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
  value->mutable_tensor()->add_string_val(markdown);
  append(event.SerializeAsString());
  last_step_ = step;
}

}  // namespace vidqa::train
