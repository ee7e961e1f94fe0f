#include "features/decoder_threads.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "features/ffmpeg_handles.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kProcessorsPerDecoder = 4;
constexpr int64_t kMostDecoders = 8;
constexpr size_t kClipsToWrite = 4;

double passed_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int64_t number_of_decoders(int64_t wanted) {
  TORCH_CHECK(wanted >= 0, "extract: decoders must be at least 0, got ", wanted);
  if (wanted > 0) return wanted;
  return std::clamp<int64_t>(std::thread::hardware_concurrency() / kProcessorsPerDecoder, 1,
                             kMostDecoders);
}

/// A file that cannot be read concerns its clip only.
std::string hash_of(const std::string& path) {
  try {
    return sha256_source(path);
  } catch (const std::runtime_error& error) {
    throw VideoError(error.what());
  }
}

/// A pipe or a device may never come to its end, and nothing interrupts who opens it.
void check_kind(const std::string& path) {
  std::error_code missing;
  const fs::file_status status = fs::status(path, missing);
  if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status))
    throw VideoError(fmt::format("'{}' is neither a file nor a folder", path));
}

std::string ffmpeg_version() { return fmt::format("FFmpeg {}", av_version_info()); }

}  // namespace

DecoderThreads::DecoderThreads(const ClipDecoderOptions& options, const FrameTransform& transform,
                               const std::vector<VideoFile>& videos, ExtractionOutput& output,
                               int64_t count, size_t queue_length)
    : options_(options),
      transform_(transform),
      videos_(videos),
      output_(output),
      queue_(queue_length) {
  const auto threads = static_cast<size_t>(number_of_decoders(count));
  running_ = threads;
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

DecoderThreads::~DecoderThreads() {
  stop_ = true;
  queue_.close();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

StageSeconds DecoderThreads::finish() {
  for (std::thread& thread : threads_) thread.join();
  if (error_) std::rethrow_exception(error_);
  return seconds_;
}

void DecoderThreads::work() {
  ClipDecoder decoder(options_, transform_, [this] { return stop_.load(); });
  try {
    for (size_t clip = next_video_++; clip < videos_.size() && !stop_; clip = next_video_++)
      decode_one(clip, decoder);
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!error_) error_ = std::current_exception();
    stop_ = true;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  seconds_.decode += decoder.seconds().decode;
  seconds_.preprocess += decoder.seconds().preprocess;
  if (--running_ == 0 || stop_) queue_.close();
}

void DecoderThreads::decode_one(size_t clip, ClipDecoder& decoder) {
  StageSeconds extra;
  DecoderMessage message;
  message.clip = clip;
  message.end = decode(clip, decoder, extra);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    seconds_.decode += extra.decode;
  }
  queue_.push(std::move(message));
}

DecodedClip DecoderThreads::decode(size_t clip, ClipDecoder& decoder, StageSeconds& extra) {
  const VideoFile& video = videos_[clip];
  DecodedClip decoded;
  const auto start = Clock::now();
  try {
    decoded.source = stamp_source(video.path);
    decoded.claim = output_.claim(video, decoded.source);
    if (decoded.claim != ExtractionOutput::Claim::kMine) return decoded;
    check_kind(video.path);
    decoded.libraries = ffmpeg_version();
    if (decoded.source.exists()) decoded.source_sha256 = hash_of(video.path);
    extra.decode += passed_since(start);
    decoded.report = decoder.decode(video.path, [&](ClipInput input, double share) {
      return queue_.push({clip, std::move(input), share, std::nullopt});
    });
    if (stamp_source(video.path) != decoded.source)
      decoded.failure = {video.path, "changed",
                         fmt::format("'{}' changed while it was read; extract it again when it is "
                                     "complete",
                                     video.path)};
  } catch (const VideoTimeout& error) {
    decoded.failure = {video.path, "timeout", error.what()};
  } catch (const VideoError& error) {
    decoded.failure = {video.path, "failed", error.what()};
  }
  return decoded;
}

ClipWriterThread::ClipWriterThread(ExtractionOutput& output)
    : output_(output), queue_(kClipsToWrite), thread_([this] { work(); }) {}

ClipWriterThread::~ClipWriterThread() { join(); }

void ClipWriterThread::work() {
  try {
    while (std::optional<FinishedClip> clip = queue_.pop()) {
      const auto start = Clock::now();
      output_.write(*clip);
      seconds_ += passed_since(start);
    }
  } catch (...) {
    error_ = std::current_exception();
    queue_.close();
  }
}

void ClipWriterThread::join() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void ClipWriterThread::write(FinishedClip clip) {
  if (!queue_.push(std::move(clip))) finish();
}

double ClipWriterThread::finish() {
  join();
  if (error_) std::rethrow_exception(error_);
  return seconds_;
}

}  // namespace vidqa::features
