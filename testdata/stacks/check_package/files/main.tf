check "n" {
  data "terraform_remote_state" "other" {
    backend = "local"
  }
  assert {
    condition     = data.terraform_remote_state.other.outputs.n == 1
    error_message = "not one"
  }
}
