resource "terraform_data" "a" {}

data "terraform_remote_state" "own" {
  backend = "local"
  config  = { path = "${path.cwd}/other.json" }
}


check "own" {
  assert {
    condition     = data.terraform_remote_state.own.outputs.n == 1
    error_message = "n is ${data.terraform_remote_state.own.outputs.n}"
  }
}

check "nested" {
  data "terraform_remote_state" "nested" {
    backend = "local"
    config  = { path = "${path.cwd}/other.json" }
  }
  assert {
    condition     = data.terraform_remote_state.nested.outputs.n == 1
    error_message = "n is ${data.terraform_remote_state.nested.outputs.n}"
  }
}

output "n" {
  value = data.terraform_remote_state.own.outputs.n
}
