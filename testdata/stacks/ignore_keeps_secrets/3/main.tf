resource "terraform_data" "whole" {
  input = "z"
}

resource "terraform_data" "part" {
  input = { secret = "z", other = "b" }
}
