variable "n" {
  default = 2
}

resource "terraform_data" "many" {
  count = var.n
}

resource "terraform_data" "a" {
  count = 2
  lifecycle {
    replace_triggered_by = [terraform_data.many[count.index]]
  }
}
