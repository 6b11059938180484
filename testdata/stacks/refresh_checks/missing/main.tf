check "nested" {
  data "terraform_remote_state" "nested" {
    backend = "local"
    config  = { path = "nowhere.json" }
  }
  assert {
    condition     = data.terraform_remote_state.nested.outputs.n == 1
    error_message = "n is ${data.terraform_remote_state.nested.outputs.n}"
  }
}

resource "terraform_data" "b" {}

data "terraform_remote_state" "later" {
  backend = "local"
  config  = { path = terraform_data.b.id }
}

output "later" {
  value = data.terraform_remote_state.later.outputs
}
