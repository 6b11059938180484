variable "n" {}

resource "terraform_data" "source" {
  input = var.n
}

resource "terraform_data" "stays" {
  input = "same"
  lifecycle {
    precondition {
      condition     = terraform_data.source.output < 3
      error_message = "source is ${terraform_data.source.output}"
    }
  }
}
