#include "features/decoder_threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

#include "features/ffmpeg_handles.h"

namespace vidqa::features {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int64_t kProcessorsPerDecoder = 4;
constexpr int64_t kMostDecoders = 8;
constexpr size_t kClipsToWrite = 4;

// A decoder that asks for the time between its calls ends by itself; one that has not after so much
// more than its timeout is left behind.
constexpr double kFewestSecondsMore = 1;
constexpr double kShareMore = 0.1;
constexpr std::chrono::milliseconds kLookEvery{200};

double passed_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int64_t number_of_decoders(int64_t wanted) {
  TORCH_CHECK(wanted >= 0, "extract: decoders must be at least 0, got ", wanted);
  if (wanted > 0) return wanted;
  return std::clamp<int64_t>(std::thread::hardware_concurrency() / kProcessorsPerDecoder, 1,
                             kMostDecoders);
}

/// The files of a video; a fault of theirs concerns its clip only.
template <typename Read>
auto of_clip(const Read& read) {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    throw VideoError(error.what());
  }
}

/// A pipe or a device may never come to its end, and nothing interrupts who opens it.
void check_kind(const std::string& path) {
  for (const std::string& file : of_clip([&] { return files_of_video(path); })) {
    std::error_code missing;
    const fs::file_status status = fs::status(file, missing);
    if (fs::exists(status) && !fs::is_regular_file(status))
      throw VideoError(fmt::format("'{}' is neither a file nor a folder", file));
  }
}

std::string ffmpeg_version() { return fmt::format("FFmpeg {}", av_version_info()); }

}  // namespace

struct DecoderThreads::Shared {
  Shared(const ClipDecoderOptions& of_decoders, const FrameTransform& of_frames,
         const std::vector<VideoFile>& of_run, ExtractionOutput& of_clips, size_t queue_length)
      : options(of_decoders),
        transform(of_frames),
        videos(of_run),
        output(of_clips),
        queue(queue_length) {}

  void decode_videos(DecodeWatch& watch);
  DecodedClip decode(size_t clip, ClipDecoder& decoder, const DecodeWatch& watch,
                     double& hashing_seconds);
  void count(const StageSeconds& busy);
  void leave();
  bool all_have_left_within(std::chrono::milliseconds wait);

  const ClipDecoderOptions options;
  const FrameTransform transform;
  const std::vector<VideoFile> videos;
  ExtractionOutput& output;  ///< gone, perhaps, for a thread that was left behind
  BoundedQueue<DecoderMessage> queue;
  std::atomic<size_t> next_video{0};
  std::atomic<bool> stop{false};

  std::mutex mutex;  ///< of what follows
  std::condition_variable has_left;
  size_t running = 0;
  std::exception_ptr error;
  StageSeconds seconds;
};

void DecoderThreads::Shared::decode_videos(DecodeWatch& watch) {
  ClipDecoder decoder(options, transform, watch, [this] { return stop.load(); });
  try {
    for (size_t clip = next_video++; clip < videos.size() && !stop; clip = next_video++) {
      watch.begin(clip);
      DecoderMessage message;
      message.clip = clip;
      double hashing_seconds = 0;
      message.end = decode(clip, decoder, watch, hashing_seconds);
      if (watch.is_given_up()) return;  // another thread has taken this one's place
      StageSeconds busy = decoder.take_seconds();
      busy.decode += hashing_seconds;
      count(busy);
      queue.push(std::move(message));
    }
  } catch (...) {
    if (watch.is_given_up()) return;
    const std::lock_guard<std::mutex> lock(mutex);
    if (!error) error = std::current_exception();
    stop = true;
  }
  leave();
}

void DecoderThreads::Shared::count(const StageSeconds& busy) {
  const std::lock_guard<std::mutex> lock(mutex);
  seconds.decode += busy.decode;
  seconds.preprocess += busy.preprocess;
}

void DecoderThreads::Shared::leave() {
  const std::lock_guard<std::mutex> lock(mutex);
  if (--running == 0 || stop) queue.close();
  has_left.notify_all();
}

bool DecoderThreads::Shared::all_have_left_within(std::chrono::milliseconds wait) {
  std::unique_lock<std::mutex> lock(mutex);
  return has_left.wait_for(lock, wait, [&] { return running == 0; });
}

DecodedClip DecoderThreads::Shared::decode(size_t clip, ClipDecoder& decoder,
                                           const DecodeWatch& watch, double& hashing_seconds) {
  const VideoFile& video = videos[clip];
  DecodedClip decoded;
  try {
    decoded.source = stamp_source(video.path);
    decoded.claim = output.claim(video, decoded.source);
    if (decoded.claim != ExtractionOutput::Claim::kMine) return decoded;
    check_kind(video.path);
    decoded.libraries = ffmpeg_version();
    if (decoded.source.exists()) {
      const auto start = Clock::now();
      decoded.source_sha256 = of_clip([&] { return sha256_source(video.path); });
      hashing_seconds += passed_since(start);
    }
    decoded.report = decoder.decode(video.path, [&](ClipInput input, double share) {
      return !watch.is_given_up() && queue.push({clip, std::move(input), share, std::nullopt});
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

DecoderThreads::DecoderThreads(const ClipDecoderOptions& options, const FrameTransform& transform,
                               const std::vector<VideoFile>& videos, ExtractionOutput& output,
                               int64_t count, size_t queue_length)
    : shared_(std::make_shared<Shared>(options, transform, videos, output, queue_length)) {
  const auto threads = static_cast<size_t>(number_of_decoders(count));
  shared_->running = threads;
  for (size_t i = 0; i < threads; ++i) decoders_.push_back(start_decoder());
  if (options.timeout_seconds > 0) looking_ = std::thread([this] { look_on(); });
}

DecoderThreads::~DecoderThreads() {
  shared_->stop = true;
  shared_->queue.close();
  join();
}

DecoderThreads::Decoder DecoderThreads::start_decoder() const {
  auto watch = std::make_shared<DecodeWatch>();
  std::thread thread([shared = shared_, watch] { shared->decode_videos(*watch); });
  return {std::move(thread), std::move(watch)};
}

std::optional<DecoderMessage> DecoderThreads::next() { return shared_->queue.pop(); }

void DecoderThreads::look_on() {
  const double timeout = shared_->options.timeout_seconds;
  const double limit = timeout + std::max(kFewestSecondsMore, kShareMore * timeout);
  while (!shared_->all_have_left_within(kLookEvery))
    for (Decoder& decoder : decoders_)
      if (const std::optional<size_t> clip = decoder.watch->give_up_after(limit))
        leave_behind(decoder, *clip);
}

void DecoderThreads::leave_behind(Decoder& decoder, size_t clip) {
  // It gets the processor time that nobody else wants.
  const sched_param none{};
  pthread_setschedparam(decoder.thread.native_handle(), SCHED_IDLE, &none);
  decoder.thread.detach();
  ++left_behind_;
  const std::string& path = shared_->videos[clip].path;
  DecodedClip end;
  end.failure = {path, "timeout",
                 fmt::format("'{}' is not decoded after {:g} seconds, and its decoder does not "
                             "return; convert it",
                             path, shared_->options.timeout_seconds)};
  DecoderMessage message;
  message.clip = clip;
  message.end = std::move(end);
  shared_->queue.push(std::move(message));
  decoder = start_decoder();
}

void DecoderThreads::join() {
  if (looking_.joinable()) looking_.join();
  for (Decoder& decoder : decoders_)
    if (decoder.thread.joinable()) decoder.thread.join();
}

StageSeconds DecoderThreads::finish() {
  join();
  if (shared_->error) std::rethrow_exception(shared_->error);
  return shared_->seconds;
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
