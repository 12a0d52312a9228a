import Glibc

/// The system's own file system.
package struct PosixDisk: Disk {
  package init() {}

  package func makeFolder(_ path: String) throws(DiskError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw error("mkdir", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw error("mkdir", path) }
  }

  package func names(in folder: String) throws(DiskError) -> [String] {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw error("opendir", folder)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  package func status(of path: String) throws(DiskError) -> FileStatus? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw error("stat", path)
    }
    return FileStatus(status)
  }

  package func status(of descriptor: Int32, path: String) throws(DiskError) -> FileStatus {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw error("fstat", path) }
    return FileStatus(status)
  }

  package func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> Int32 {
    // Opening a pipe must not wait; what is no regular file is refused below.
    let descriptor =
      switch mode {
      case .reading: Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      case .writing: Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
      }
    guard descriptor >= 0 else { throw error("open", path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      throw DiskError(call: "open", path: path, code: EINVAL)
    }
    return descriptor
  }

  package func close(_ descriptor: Int32) { Glibc.close(descriptor) }

  package func lock(_ descriptor: Int32) -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

  package func read(
    _ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws(DiskError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw error("read", path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  package func write(
    _ descriptor: Int32, at offset: Int, _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(DiskError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw error("write", path) }
      done += count
    }
  }

  package func sync(_ descriptor: Int32, path: String) throws(DiskError) {
    guard fsync(descriptor) == 0 else { throw error("fsync", path) }
  }

  package func rename(_ path: String, to other: String) throws(DiskError) {
    guard Glibc.rename(path, other) == 0 else { throw error("rename", path) }
  }

  package func syncFolder(_ path: String) throws(DiskError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw error("open", path) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw error("fsync", path) }
  }

  package func remove(_ path: String) throws(DiskError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw error("unlink", path) }
  }

  package func touch(_ path: String) {
    // A file that cannot be touched only looks unused for longer.
    let times = [timespec(tv_sec: 0, tv_nsec: utimeNow), timespec(tv_sec: 0, tv_nsec: utimeOmit)]
    _ = utimensat(AT_FDCWD, path, times, 0)
  }

  package func freeByteCount(of folder: String) -> Int? {
    var information = statvfs()
    guard statvfs(folder, &information) == 0 else { return nil }
    let (count, overflow) = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return overflow ? nil : Int(clamping: count)
  }

  private func error(_ call: String, _ path: String) -> DiskError { DiskError(call: call, path: path, code: errno) }
}

/// UTIME_NOW and UTIME_OMIT, which Swift does not see.
private let utimeNow = (1 << 30) - 1
private let utimeOmit = (1 << 30) - 2

extension FileStatus {
  fileprivate init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int { Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec) }
    self.init(
      byteCount: Int(status.st_size), inode: UInt64(status.st_ino), modified: nanoseconds(status.st_mtim),
      used: nanoseconds(status.st_atim))
  }
}
