import Foundation
import Transport
import Yams

/// The file in which `up` keeps a site, and from which the other commands of a site read it. YAML; no secret is in it.
enum SiteFile {
  static let standard = "longhaul-site.yaml"

  /// What is wrong, with the line where that is known.
  struct Refusal: Error, Hashable, CustomStringConvertible {
    let line: Int?
    let reason: String
    var description: String { (line.map { "line \($0): " } ?? "") + reason }
  }

  private static let maximumByteCount = 1 << 20
  private static let keys = [
    "hosts", "coordinator", "coordinator_works", "listen", "ssh_user", "ssh_port", "ssh_options", "systemd", "networks",
    "serve", "worker",
  ]

  /// - Throws: `CommandFailure` that names the file and what is wrong with it.
  static func read(_ path: String) throws -> Site {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .usage, "there is no '\(path)'; longhaul up --hosts A,B,C writes it, and --site FILE names another")
    }
    do {
      return try site(try InputFile.bytes(path))
    } catch let refusal as Refusal {
      throw CommandFailure(.badConfiguration, "'\(path)': \(refusal)")
    } catch let error as EndpointError {
      throw CommandFailure(.badConfiguration, "'\(path)': \(error)")
    } catch let failure as CommandFailure where failure.status == .usage {
      throw CommandFailure(.badConfiguration, "'\(path)': \(failure)")
    }
  }

  static func write(_ site: Site, to path: String) throws {
    try OutputFile.write(text(of: site).utf8, to: path)
  }

  // MARK: Text

  static func text(of site: Site) -> String {
    func list(_ values: [String]) -> String { "[\(values.map(ServiceSettings.scalar).joined(separator: ", "))]" }
    var lines = [
      "# A cluster of Longhaul, written by 'longhaul up'. Change it and run 'longhaul up' again.",
      "hosts: \(list(site.hosts.map(\.description)))",
      "coordinator: \(ServiceSettings.scalar(site.coordinator.description))",
    ]
    if !site.coordinatorWorks { lines.append("coordinator_works: false") }
    if let listen = site.listen { lines.append("listen: \(ServiceSettings.scalar(listen.description))") }
    if let user = site.ssh.user { lines.append("ssh_user: \(ServiceSettings.scalar(user))") }
    if let port = site.ssh.port { lines.append("ssh_port: \(port)") }
    if !site.ssh.options.isEmpty { lines.append("ssh_options: \(list(site.ssh.options))") }
    if !site.usesSystemd { lines.append("systemd: false") }
    if !site.networks.isEmpty { lines.append("networks: \(list(site.networks))") }
    for settings in [site.serve, site.worker] where !settings.values.isEmpty {
      lines += ["\(settings.role.rawValue):"] + settings.lines().map { "  \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Throws: `Refusal`, or `CommandFailure` of a value that no option would take either.
  static func site(_ bytes: [UInt8]) throws -> Site {
    let fields = try mapping(bytes)
    func values(_ name: String) throws -> [String]? {
      guard let node = fields[name] else { return nil }
      return try Self.values(node, name)
    }
    func value(_ name: String) throws -> String? {
      guard let all = try values(name) else { return nil }
      guard all.count == 1 else { throw Refusal(line: fields[name]?.mark?.line, reason: "\(name) has one value") }
      return all[0]
    }
    func flag(_ name: String) throws -> Bool? {
      try value(name).map { text in
        guard let flag = ["true": true, "false": false][text] else {
          throw Refusal(line: fields[name]?.mark?.line, reason: "\(name) is '\(text.prefix(40))'; write true or false")
        }
        return flag
      }
    }
    guard let hosts = try values("hosts") else { throw Refusal(line: nil, reason: "it has no hosts") }
    var site = try Site(hosts: try HostName.list(hosts))
    if let name = try value("coordinator") { site.coordinator = try HostName.list([name])[0] }
    site.coordinatorWorks = try flag("coordinator_works") ?? true
    site.listen = try value("listen").map { try Endpoint($0) }
    site.ssh = try SSH(
      user: try value("ssh_user"), port: try value("ssh_port"), options: try values("ssh_options") ?? [])
    site.usesSystemd = try flag("systemd") ?? true
    site.networks = try values("networks") ?? []
    if let node = fields["serve"] { site.serve = try settings(.serve, node) }
    if let node = fields["worker"] { site.worker = try settings(.worker, node) }
    try site.check()
    return site
  }

  private static func mapping(_ bytes: [UInt8]) throws -> [String: Node] {
    guard bytes.count <= maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(line: nil, reason: "it is not UTF-8 text of at most \(maximumByteCount) bytes")
    }
    guard !PolicyText.hasAlias(bytes) else {
      throw Refusal(line: nil, reason: "it has an alias ('*name'); write the value out")
    }
    let form = "it is no YAML of the form 'hosts: [a, b, c]', one key a line"
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch { throw Refusal(line: nil, reason: form) }
    guard case .mapping(let lines)? = root else { throw Refusal(line: root?.mark?.line, reason: form) }
    var fields: [String: Node] = [:]
    for (key, node) in lines {
      let name = key.scalar?.string ?? ""
      guard keys.contains(name) else {
        let near = NearestName.of(name, among: keys).map { "; did you mean \($0)?" } ?? ""
        throw Refusal(line: key.mark?.line, reason: "unknown key '\(name.prefix(64))'\(near)")
      }
      fields[name] = node
    }
    return fields
  }

  private static func values(_ node: Node, _ name: String) throws -> [String] {
    let nodes: [Node] = if case .sequence(let list) = node { Array(list) } else { [node] }
    return try nodes.map { node in
      guard let text = node.scalar?.string, !text.isEmpty else {
        throw Refusal(line: node.mark?.line, reason: "\(name) must be a text or a list of texts")
      }
      return text
    }
  }

  private static func settings(_ role: ConfigurationRole, _ node: Node) throws -> ServiceSettings {
    guard case .mapping(let lines) = node else {
      throw Refusal(line: node.mark?.line, reason: "\(role.rawValue) must be settings, each as 'name: value'")
    }
    var given: [String: [String]] = [:]
    for (key, node) in lines {
      let name = key.scalar?.string ?? ""
      given[name] = try values(node, name)
    }
    return try ServiceSettings(role, given)
  }
}
