#include "log/repair.h"

#include <algorithm>

#include "log/batch_scanner.h"
#include "log/file_names.h"
#include "log/repair_plan.h"
#include "log/segment_index_files.h"
#include "log/stream_file.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

constexpr int64_t kCopyBytes = int64_t{1} << 20;
constexpr int kQuarantinesMax = 1000;  // of one name
// Numbers that were given to records which failed, or that stand in streams outside the roots: more than a server hands
// out between two syncs by far.
constexpr int64_t kSeqSlack = int64_t{1} << 20;

std::string NameOf(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

Result<std::string> BytesOf(File& file, int64_t byte, int64_t bytes) {
  std::string found(static_cast<size_t>(bytes), '\0');
  TR_TRY(const size_t read, file.ReadAt(byte, found));
  found.resize(read);
  return found;
}

// Carries out one plan. With `dry_run` it only says what it would do.
class Repairer {
 public:
  Repairer(FileSystem& files, bool dry_run, RepairReport* report) : files_(files), dry_run_(dry_run), report_(report) {}

  Status Partition(PartitionPlan& plan, int64_t seq_at_the_end) {
    ++report_->partitions;
    for (std::string& text : plan.beyond_repair) report_->beyond_repair.push_back(std::move(text));
    if (plan.NeedsRewrite() && plan.fence && !dry_run_) {
      TR_RETURN_IF_ERROR(ApplyFence(files_, plan.directory, *plan.fence));
    }
    for (SegmentPlan& segment : plan.segments) TR_RETURN_IF_ERROR(Segment(plan.directory, segment, seq_at_the_end));
    for (const SmallFilePlan& small : plan.small_files) TR_RETURN_IF_ERROR(SmallFile(plan.directory, small));
    return {};
  }

  // A stream's own file says no more than the directories do.
  Status Stream(const std::string& directory) {
    const auto there = ReadStreamFile(files_, directory);
    if (there || there.error().code() == ErrorCode::kNotFound) return {};
    if (there.error().code() != ErrorCode::kCorruption) return Fail(there.error());
    TR_TRY(const auto names, files_.List(directory));
    int32_t partitions = 0;
    while (std::find(names.begin(), names.end(), std::to_string(partitions)) != names.end()) ++partitions;
    if (partitions == 0) return {};
    report_->mended.push_back(there.error().message() + "; written again from the directories beside it");
    if (dry_run_) return {};
    return WriteStreamFile(files_, directory, {NameOf(directory), partitions});
  }

 private:
  Status Segment(const std::string& directory, SegmentPlan& segment, int64_t seq_at_the_end) {
    if (segment.NeedsRewrite()) return Rewrite(directory, segment, seq_at_the_end);
    if (!segment.sealed || !segment.index_wrong) return {};
    report_->mended.push_back(NumberedPath(directory, segment.file.base_offset, kOffsetIndexSuffix) +
                              ": not the index of its segment; written again from it");
    if (dry_run_) return {};
    return WriteIndexFiles(files_, directory, segment.file.base_offset, segment.index);
  }

  Status Rewrite(const std::string& directory, SegmentPlan& segment, int64_t seq_at_the_end) {
    std::unique_ptr<File> from;
    if (!segment.missing) {
      TR_TRY(from, files_.Open(segment.file.path, OpenMode::kRead));
    }
    std::unique_ptr<File> to;
    const std::string aside = segment.file.path + std::string(kTemporarySuffix);
    if (!dry_run_) {
      TR_TRY(to, files_.Open(aside, OpenMode::kCreate));
      TR_RETURN_IF_ERROR(to->Truncate(0));
    }
    int64_t at = 0;
    for (const SegmentPiece& piece : segment.pieces) {
      TR_TRY(std::string instead, Instead(directory, segment, piece, from.get(), seq_at_the_end));
      const int64_t copied = piece.damaged ? 0 : piece.bytes - std::ssize(instead);
      if (dry_run_) continue;
      if (!instead.empty()) TR_RETURN_IF_ERROR(to->WriteAt(at, instead));
      at += std::ssize(instead);
      TR_RETURN_IF_ERROR(Copy(*from, piece.byte + piece.bytes - copied, copied, *to, at));
      at += copied;
    }
    if (dry_run_) return {};
    TR_RETURN_IF_ERROR(to->Sync());
    return Replace(directory, segment, aside);
  }

  // What is written in the place of a piece's first bytes (of a mended one) or of all of them (of a damaged one).
  Result<std::string> Instead(const std::string& directory, const SegmentPlan& segment, const SegmentPiece& piece,
                              File* from, int64_t seq_at_the_end) {
    if (piece.mended) {
      report_->mended.push_back(segment.file.path + ": byte " + std::to_string(piece.byte) + ": " + piece.problem +
                                "; the checksum holds with what must stand there");
      std::string header(kBatchHeaderBytes, '\0');
      EncodeBatchHeader(*piece.mended, header.data());
      return header;
    }
    if (!piece.damaged) return std::string();
    std::string quarantine;
    if (piece.bytes > 0) {
      TR_TRY(quarantine, Quarantine(directory, piece, *from));
    }
    report_->losses.push_back(
        {segment.file.path, piece.lost, "byte " + std::to_string(piece.byte) + ": " + piece.problem, quarantine});
    if (piece.lost.end == piece.lost.first) return std::string();
    return EncodeGap({piece.lost, piece.seq != 0 ? piece.seq : seq_at_the_end, piece.timestamp_ms, NameOf(quarantine)});
  }

  // Path of the file with the piece's bytes. One that an earlier attempt left is used again.
  Result<std::string> Quarantine(const std::string& directory, const SegmentPiece& piece, File& from) {
    TR_TRY(const std::string bytes, BytesOf(from, piece.byte, piece.bytes));
    std::string stem = NumberedPath(directory, piece.lost.first, "");
    if (piece.lost.end > piece.lost.first) stem += NameOf(NumberedPath("-", piece.lost.end - 1, "")).insert(0, "-");
    for (int i = 1; i < kQuarantinesMax; ++i) {
      std::string path = stem + (i == 1 ? "" : "." + std::to_string(i)) + std::string(kQuarantineSuffix);
      const auto there = ReadFile(files_, path, kBatchBytesMax);
      if (there && *there == bytes) {
        // Its name may not have been made durable by the attempt that wrote it.
        if (!dry_run_) TR_RETURN_IF_ERROR(files_.SyncDirectory(directory));
        return path;
      }
      if (there) continue;
      if (there.error().code() == ErrorCode::kInvalid) continue;
      if (there.error().code() != ErrorCode::kNotFound) return Fail(there.error());
      if (!dry_run_) TR_RETURN_IF_ERROR(ReplaceFile(files_, path, bytes));
      return path;
    }
    return Fail(Error::Exhausted(stem + ": too many files of this name are in quarantine"));
  }

  static Status Copy(File& from, int64_t byte, int64_t bytes, File& to, int64_t at) {
    while (bytes > 0) {
      TR_TRY(const std::string chunk, BytesOf(from, byte, std::min(bytes, kCopyBytes)));
      if (chunk.empty()) return Fail(Error::Unavailable("a segment became shorter while it was read"));
      TR_RETURN_IF_ERROR(to.WriteAt(at, chunk));
      byte += std::ssize(chunk);
      at += std::ssize(chunk);
      bytes -= std::ssize(chunk);
    }
    return {};
  }

  Status Replace(const std::string& directory, const SegmentPlan& segment, const std::string& aside) {
    for (const std::string_view suffix : {kOffsetIndexSuffix, kTimeIndexSuffix}) {
      const Status removed = files_.Remove(NumberedPath(directory, segment.file.base_offset, suffix));
      if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed;
    }
    TR_RETURN_IF_ERROR(files_.Rename(aside, segment.file.path));
    TR_RETURN_IF_ERROR(files_.SyncDirectory(directory));
    if (!segment.sealed) return {};
    TR_TRY(const SegmentIndex index, IndexOf(segment.file));
    return WriteIndexFiles(files_, directory, segment.file.base_offset, index);
  }

  Result<SegmentIndex> IndexOf(const SegmentFile& segment) {
    TR_TRY(const auto file, files_.Open(segment.path, OpenMode::kRead));
    TR_TRY(const int64_t bytes, file->Size());
    SegmentIndex index(segment.base_offset);
    BatchScanner scanner(*file, 0, bytes, segment.base_offset);
    while (true) {
      TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
      if (outcome != BatchScanner::Outcome::kBatch) return index;
      const BatchHeader& header = scanner.header();
      index.Note(header.end_offset() - 1, scanner.position(), header.total_bytes(), header.base_timestamp_ms);
    }
  }

  Status SmallFile(const std::string& directory, const SmallFilePlan& small) {
    const std::string what = small.problem + (small.replace ? "; written again from the log" : "; set aside");
    if (small.forgotten.empty()) {
      report_->mended.push_back(what);
    } else {
      report_->forgotten.push_back(what + ". Forgotten: " + small.forgotten);
    }
    if (dry_run_) return {};
    if (small.replace) return WriteSnapshot(files_, directory, *small.replace);
    return SetAside(directory, small.path);
  }

  Status SetAside(const std::string& directory, const std::string& path) {
    for (int i = 1; i < kQuarantinesMax; ++i) {
      const std::string aside = path + (i == 1 ? "" : "." + std::to_string(i)) + std::string(kQuarantineSuffix);
      const auto there = files_.Stat(aside);
      if (there) continue;
      if (there.error().code() != ErrorCode::kNotFound) return Fail(there.error());
      TR_RETURN_IF_ERROR(files_.Rename(path, aside));
      return files_.SyncDirectory(directory);
    }
    return Fail(Error::Exhausted(path + ": too many files of this name are in quarantine"));
  }

  FileSystem& files_;
  const bool dry_run_;
  RepairReport* const report_;
};

// The directories of the streams below the roots.
Result<std::vector<std::string>> FindStreams(FileSystem& files, const std::vector<std::string>& roots) {
  std::vector<std::string> streams;
  bool any = false;
  for (const std::string& root : roots) {
    const auto names = files.List(root);
    if (!names && names.error().code() == ErrorCode::kNotFound) continue;
    if (!names) return Fail(names.error());
    any = true;
    for (const std::string& name : *names) {
      TR_TRY(const FileInfo info, files.Stat(root + "/" + name));
      if (info.directory) streams.push_back(root + "/" + name);
    }
  }
  if (!any)
    return Fail(Error::NotFound((roots.empty() ? "" : roots[0]) + " is not there: nothing has been written yet"));
  return streams;
}

int64_t LostAtTheEnd(const PartitionPlan& plan) {
  if (plan.segments.empty() || plan.segments.back().pieces.empty()) return 0;
  const SegmentPiece& last = plan.segments.back().pieces.back();
  return last.damaged ? last.lost.end - last.lost.first : 0;
}

void RenderLoss(const RepairedLoss& loss, std::string* text) {
  const bool records = loss.lost.end > loss.lost.first;
  *text += records ? "lost: " : "taken out: ";
  *text += loss.segment + ": " + loss.problem;
  if (records) *text += "; " + RenderOffsets(loss.lost.first, loss.lost.end);
  *text += loss.quarantine.empty() ? "; nothing was there" : "; what was there is in " + loss.quarantine;
  *text += "\n";
}

}  // namespace

int64_t RepairReport::lost_records() const {
  int64_t sum = 0;
  for (const RepairedLoss& loss : losses) sum += loss.lost.end - loss.lost.first;
  return sum;
}

Result<RepairReport> RepairLog(FileSystem& files, const std::vector<std::string>& roots, bool dry_run) {
  TR_TRY(const auto streams, FindStreams(files, roots));
  RepairReport report;
  Repairer repairer(files, dry_run, &report);
  std::vector<PartitionPlan> plans;
  int64_t seq_at_the_end = 1;
  for (const std::string& stream : streams) {
    TR_RETURN_IF_ERROR(repairer.Stream(stream));
    const auto partitions = FindPartitions(files, stream);
    if (!partitions && partitions.error().code() == ErrorCode::kNotFound) continue;
    if (!partitions) return Fail(partitions.error());
    for (const PartitionFiles& partition : *partitions) {
      TR_TRY(PartitionPlan plan, PlanRepair(files, partition));
      plans.push_back(std::move(plan));
    }
  }
  for (const PartitionPlan& plan : plans) seq_at_the_end = std::max(seq_at_the_end, plan.next_seq);
  for (PartitionPlan& plan : plans) {
    seq_at_the_end += LostAtTheEnd(plan) + kSeqSlack;
    TR_RETURN_IF_ERROR(repairer.Partition(plan, seq_at_the_end));
  }
  return report;
}

std::string RenderRepair(const RepairReport& report, bool dry_run) {
  std::string text;
  for (const RepairedLoss& loss : report.losses) RenderLoss(loss, &text);
  for (const std::string& mended : report.mended) text += "mended: " + mended + "\n";
  for (const std::string& forgotten : report.forgotten) text += "forgotten: " + forgotten + "\n";
  for (const std::string& stays : report.beyond_repair) text += "beyond repair: " + stays + "\n";
  if (report.sound()) return "nothing to repair\n";
  const int64_t lost = report.lost_records();
  if (lost == 0) return text + (dry_run ? "no record would be lost\n" : "no record is lost\n");
  const std::string would = dry_run ? " would be" : (lost == 1 ? " is" : " are");
  text += std::to_string(lost) + (lost == 1 ? " record" : " records") + would +
          " lost, each named above; a dead letter of the stream stands for each\n";
  return text;
}

}  // namespace tailrace::log
