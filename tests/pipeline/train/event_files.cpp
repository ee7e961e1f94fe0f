#include "tests/pipeline/train/event_files.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/testing/files.h"

namespace vidqa::train {
namespace {

/// A field of a message as it stands on the wire.
struct Field {
  uint64_t number = 0;
  uint64_t value = 0;  ///< varint, or the bits of a fixed number
  std::string bytes;   ///< text or message
};

uint64_t read_varint(const std::string& bytes, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.at(at++));
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

uint64_t read_fixed(const std::string& bytes, size_t& at, size_t num_bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < num_bytes; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes.at(at + i))) << (8 * i);
  at += num_bytes;
  return value;
}

std::vector<Field> fields_of(const std::string& message) {
  std::vector<Field> fields;
  for (size_t at = 0; at < message.size();) {
    const uint64_t key = read_varint(message, at);
    Field field;
    field.number = key >> 3;
    switch (key & 7) {
      case 0:
        field.value = read_varint(message, at);
        break;
      case 1:
        field.value = read_fixed(message, at, 8);
        break;
      case 2: {
        const uint64_t size = read_varint(message, at);
        field.bytes = message.substr(at, size);
        at += size;
        break;
      }
      case 5:
        field.value = read_fixed(message, at, 4);
        break;
      default:
        ADD_FAILURE() << "wire type " << (key & 7);
        return fields;
    }
    fields.push_back(field);
  }
  return fields;
}

float float_of(uint64_t bits) {
  const auto low = static_cast<uint32_t>(bits);
  float value = 0;
  std::memcpy(&value, &low, sizeof value);
  return value;
}

double double_of(uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

void read_tensor(const std::string& message, const std::string& tag, ReadEvent& event) {
  for (const Field& field : fields_of(message)) {
    if (field.number == 1) {
      EXPECT_EQ(field.value, 7u) << "DT_STRING";
    }
    if (field.number == 2)
      for (const Field& dim : fields_of(field.bytes))
        for (const Field& size : fields_of(dim.bytes))
          event.tensor_shapes[tag].push_back(static_cast<int64_t>(size.value));
    if (field.number == 8) event.texts[tag].push_back(field.bytes);
  }
}

void read_value(const std::string& message, ReadEvent& event) {
  const std::vector<Field> fields = fields_of(message);
  std::string tag;
  for (const Field& field : fields)
    if (field.number == 1) tag = field.bytes;
  for (const Field& field : fields) {
    if (field.number == 2) event.scalars[tag] = float_of(field.value);
    if (field.number == 8) read_tensor(field.bytes, tag, event);
    if (field.number == 9)
      for (const Field& plugin_data : fields_of(field.bytes))
        for (const Field& name : fields_of(plugin_data.bytes))
          if (name.number == 1) event.plugins[tag] = name.bytes;
  }
}

ReadEvent read_event(const std::string& message) {
  ReadEvent event;
  for (const Field& field : fields_of(message)) {
    switch (field.number) {
      case 1:
        event.wall_time = double_of(field.value);
        break;
      case 2:
        event.step = static_cast<int64_t>(field.value);
        break;
      case 3:
        event.file_version = field.bytes;
        break;
      case 5:
        for (const Field& value : fields_of(field.bytes)) read_value(value.bytes, event);
        break;
      case 7:
        for (const Field& status : fields_of(field.bytes))
          event.starts_session = status.number == 1 && status.value == 1;
        break;
      default:
        ADD_FAILURE() << "field " << field.number << " of an event";
    }
  }
  return event;
}

uint32_t slow_masked_crc(const std::string& bytes) {
  const uint32_t crc = slow_crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

}  // namespace

uint32_t slow_crc32c(const std::string& bytes) {
  uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<ReadEvent> read_event_file(const std::filesystem::path& path, bool cut_off_at_the_end) {
  const std::string content = testing::read_file(path.string());
  std::vector<ReadEvent> events;
  for (size_t at = 0; at < content.size();) {
    if (content.size() - at < 16) {
      EXPECT_TRUE(cut_off_at_the_end) << path;
      break;
    }
    const std::string length_bytes = content.substr(at, 8);
    const uint64_t length = read_fixed(content, at, 8);
    EXPECT_EQ(read_fixed(content, at, 4), slow_masked_crc(length_bytes)) << path;
    if (content.size() - at < length + 4) {
      EXPECT_TRUE(cut_off_at_the_end) << path;
      break;
    }
    const std::string message = content.substr(at, length);
    at += length;
    EXPECT_EQ(read_fixed(content, at, 4), slow_masked_crc(message)) << path;
    events.push_back(read_event(message));
  }
  return events;
}

std::vector<ReadEvent> read_event_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().find("tfevents") != std::string::npos)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<ReadEvent> events;
  for (const auto& file : files)
    for (ReadEvent& event : read_event_file(file)) events.push_back(std::move(event));
  return events;
}

}  // namespace vidqa::train
