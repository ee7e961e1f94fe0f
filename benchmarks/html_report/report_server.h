#pragma once

#include <cstdint>
#include <memory>

#include "benchmarks/html_report/html_report.h"

namespace vidqa::benchmarks {

/// A live report over HTTP on the loopback interface, for this machine alone. Reads, and never
/// writes.
///
///   /                       the page
///   /report.json            what it shows (report_json.h), with an ETag
///   /clips.json             frames of clips
///   /files/<i>/<path>       a text file (.log, .toml, .csv, .json, .jsonl, .md) of the i-th source
///
/// A path that leads out of its source, by "..", in whatever encoding, or by a link, is refused
/// (403), and so is a request whose Host is not this machine, as a page from elsewhere would make
/// it.
class ReportServer {
 public:
  /// `port` 0: any that is free. Throws c10::Error: the port is taken; what LiveReport throws.
  ReportServer(const HtmlReportOptions& options, int port);
  ~ReportServer();

  int port() const;
  void run();   ///< answers until stop()
  void stop();  ///< from another thread, once run() was or will be called

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidqa::benchmarks
