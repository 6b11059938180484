variable "a" {}
variable "b" {}

resource "terraform_data" "t" {
  count = 2
  input = [var.a, var.b][count.index]
}

resource "terraform_data" "whole" {
  lifecycle {
    replace_triggered_by = [terraform_data.t]
  }
}

resource "terraform_data" "first" {
  lifecycle {
    replace_triggered_by = [terraform_data.t[0]]
  }
}

resource "terraform_data" "input" {
  lifecycle {
    replace_triggered_by = [terraform_data.t[0].input]
  }
}
