resource "terraform_data" "a" {}

check "other" {
  data "terraform_remote_state" "other" {
    backend = "local"
    config = {
      path = "nowhere.tfstate"
    }
  }
  assert {
    condition     = data.terraform_remote_state.other.outputs.n == 12
    error_message = "not twelve"
  }
}
