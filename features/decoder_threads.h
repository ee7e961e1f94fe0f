#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "features/bounded_queue.h"
#include "features/clip_decoder.h"
#include "features/decode_watch.h"
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
///
/// With a timeout, another thread looks on: where a decoder does not return from one call long
/// after it, its clip is a failure, its thread is left behind, and a new one goes on with the next
/// video. What threads share is theirs, for one that was left behind may still come back.
class DecoderThreads {
 public:
  /// `count` 0: one for every four processors. `output` must outlive this.
  DecoderThreads(const ClipDecoderOptions& options, const FrameTransform& transform,
                 const std::vector<VideoFile>& videos, ExtractionOutput& output, int64_t count,
                 size_t queue_length);
  /// Stops early if need be.
  ~DecoderThreads();

  /// None after the last video, or when a thread failed: finish() then throws what it threw.
  std::optional<DecoderMessage> next();
  /// Waits for the threads and gives their busy time.
  StageSeconds finish();
  /// After finish(): threads that were left behind. They may run until the process ends.
  int64_t left_behind() const { return left_behind_; }

 private:
  struct Shared;

  struct Decoder {
    std::thread thread;
    std::shared_ptr<DecodeWatch> watch;
  };

  Decoder start_decoder() const;
  void look_on();
  void leave_behind(Decoder& decoder, size_t clip);
  void join();

  std::shared_ptr<Shared> shared_;
  std::vector<Decoder> decoders_;  ///< the looking thread's, while there is one
  int64_t left_behind_ = 0;        ///< likewise
  std::thread looking_;            ///< only with a timeout
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
