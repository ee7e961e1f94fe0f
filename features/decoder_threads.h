#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "features/bounded_queue.h"
#include "features/clip_decoder.h"
#include "features/extraction_output.h"
#include "features/extraction_report.h"
#include "features/video_files.h"

namespace vidqa::features {

/// How the decoding of a clip ended.
struct DecodedClip {
  ExtractionOutput::Claim claim = ExtractionOutput::Claim::kMine;
  std::optional<ExtractFailure> failure;
  DecodeReport report;
  SourceStamp source;
  std::string source_sha256;
  std::string libraries;  ///< what decoded it, with versions
};

/// What comes out of a decoder: an input of a clip, or, after the last, its end.
struct DecoderMessage {
  size_t clip = 0;  ///< place in the list of videos
  ClipInput input;
  double share = 0;  ///< of the video that is done, as far as it is known
  std::optional<DecodedClip> end;
};

/// Threads that claim videos one by one and turn them into network inputs, each video on one
/// thread, as many ahead as the queue holds.
class DecoderThreads {
 public:
  /// `count` 0: one for every four processors. All references must outlive this.
  DecoderThreads(const ClipDecoderOptions& options, const FrameTransform& transform,
                 const std::vector<VideoFile>& videos, ExtractionOutput& output, int64_t count,
                 size_t queue_length);
  /// Stops early if need be.
  ~DecoderThreads();

  /// None after the last video, or when a thread failed: finish() then throws what it threw.
  std::optional<DecoderMessage> next() { return queue_.pop(); }
  /// Waits for the threads and gives their busy time.
  StageSeconds finish();

 private:
  void work();
  void decode_one(size_t clip, ClipDecoder& decoder);
  DecodedClip decode(size_t clip, ClipDecoder& decoder, StageSeconds& extra);

  const ClipDecoderOptions& options_;
  const FrameTransform& transform_;
  const std::vector<VideoFile>& videos_;
  ExtractionOutput& output_;
  BoundedQueue<DecoderMessage> queue_;
  std::atomic<size_t> next_video_{0};
  std::atomic<size_t> running_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  ///< of what follows
  std::exception_ptr error_;
  StageSeconds seconds_;
  std::vector<std::thread> threads_;
};

/// A thread that keeps finished clips, so that the network does not wait for the disk.
class ClipWriterThread {
 public:
  explicit ClipWriterThread(ExtractionOutput& output);
  ~ClipWriterThread();

  /// Throws what an earlier write threw: the disk is full, say.
  void write(FinishedClip clip);
  /// Waits for all clips to be kept and gives the busy time; throws likewise.
  double finish();

 private:
  void work();
  void join();

  ExtractionOutput& output_;
  BoundedQueue<FinishedClip> queue_;
  std::exception_ptr error_;
  double seconds_ = 0;
  std::thread thread_;
};

}  // namespace vidqa::features
