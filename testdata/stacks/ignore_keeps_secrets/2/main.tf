resource "terraform_data" "whole" {
  input = "c"
  lifecycle {
    ignore_changes = all
  }
}

resource "terraform_data" "part" {
  input = { secret = "c", other = "b" }
  lifecycle {
    ignore_changes = [input.secret]
  }
}
