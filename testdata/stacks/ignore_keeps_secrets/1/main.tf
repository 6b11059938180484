resource "terraform_data" "whole" {
  input = sensitive("a")
  lifecycle {
    ignore_changes = all
  }
}

resource "terraform_data" "part" {
  input = { secret = sensitive("a"), other = "b" }
  lifecycle {
    ignore_changes = [input.secret]
  }
}
