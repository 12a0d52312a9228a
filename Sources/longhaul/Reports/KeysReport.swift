/// What `keys --json` prints.
struct KeysReport: Encodable {
  let name: String
  let publicKey: String
  let coordinator: String?
}
