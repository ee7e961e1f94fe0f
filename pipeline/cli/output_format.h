#pragma once

#include <string>

#include <CLI/App.hpp>

#include "benchmarks/figure_table.h"

namespace vidqa::cli {

/// How a table is printed.
enum class OutputFormat { kTable, kMarkdown, kCsv, kJson };

/// Adds --format; `format` must outlive the parsing.
void bind_output_format(CLI::App& app, OutputFormat& format);

std::string to_text(const benchmarks::FigureTable& table, OutputFormat format);

}  // namespace vidqa::cli
