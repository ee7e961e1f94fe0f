#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pthread.h>

#include "benchmarks/html_report/report_server.h"
#include "pipeline/cli/commands.h"
#include "pipeline/cli/console.h"
#include "pipeline/cli/report_options.h"

namespace vidqa::cli {
namespace {

struct ServeOptions : ReportCommandOptions {
  int port = 8000;
};

int serve(const ServeOptions& options) {
  // Blocked in every thread, so that one call waits for them.
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGINT);
  sigaddset(&stopping, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);

  benchmarks::ReportServer server(report_options(options), options.port);
  std::thread answering([&] { server.run(); });
  fmt::print("http://127.0.0.1:{}\n", server.port());
  std::fflush(stdout);
  say("Ctrl-C ends it.");
  int signal = 0;
  sigwait(&stopping, &signal);
  server.stop();
  answering.join();
  return 0;
}

}  // namespace

Command add_serve_command(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command =
      app.add_subcommand("serve", "The report in a browser, following runs while they train");
  bind_report_options(*command, *options);
  command->add_option("--port", options->port, "Port on this machine; 0: any that is free")
      ->capture_default_str()
      ->check(CLI::Range(0, 65535));
  command->footer(
      "Answers this machine only (127.0.0.1), reads the runs and writes nothing. From elsewhere:\n"
      "ssh -L 8000:127.0.0.1:8000 HOST\n\n"
      "Example: vidqa serve runs --port 8000");
  return {command, [options] { return serve(*options); }, /*computes=*/false};
}

}  // namespace vidqa::cli
