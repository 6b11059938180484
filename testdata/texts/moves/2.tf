resource "terraform_data" "is" {
  input = 1
}

resource "terraform_data" "changed" {
  input = 2
}

resource "terraform_data" "kept" {
  input = 1
}

moved {
  from = terraform_data.was
  to   = terraform_data.is
}

moved {
  from = terraform_data.changed_too
  to   = terraform_data.changed
}

removed {
  from = terraform_data.let_go
  lifecycle {
    destroy = false
  }
}
