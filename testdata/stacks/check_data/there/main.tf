resource "terraform_data" "a" {}

check "other" {
  data "terraform_remote_state" "other" {
    backend = "local"
    config = {
      path = "${path.cwd}/other.json"
    }
    defaults = {
      fallback = "default"
      n        = 0
    }
  }
  assert {
    condition     = data.terraform_remote_state.other.outputs.n == 12
    error_message = "not twelve"
  }
  assert {
    condition     = data.terraform_remote_state.other.outputs.fallback == "default" && data.terraform_remote_state.other.outputs.list == tolist(["a"])
    error_message = "not as written"
  }
}
