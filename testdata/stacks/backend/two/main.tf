terraform {
  backend "local" {
  }
}
terraform {
  cloud {
  }
}
